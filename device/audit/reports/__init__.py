"""An audit written down: for the console, as JUnit XML and as one page of HTML.

All of them are made of the same `judgement.Audit` and hold no keys: a report is meant for the maker
of the tool. JSON is what `Audit.plain` returns. Only broken shalls fail a suite in JUnit; shoulds
and what is merely told are in it as skipped, so that a CI goes red for what the standard asks.
"""
