"""An audit written down: for the console, as JUnit XML and as one page of HTML."""
