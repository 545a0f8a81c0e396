"""Whether an edit makes a database worse: what was wrong before does not count."""

from datetime import datetime

from svrdb.check import Problem, problems
from svrdb.content import Fault, faults
from svrdb.model import Database


def new_problems(
    before: Database, after: Database, moment: datetime | None = None
) -> tuple[Problem | Fault, ...]:
    """Return what is wrong with `after` and was not wrong with `before`.

    `moment` is for certificates that have expired by then.
    """
    known = {_identity(before, problem) for problem in _all(before, moment)}
    return tuple(
        problem for problem in _all(after, moment) if _identity(after, problem) not in known
    )


def _all(database: Database, moment: datetime | None) -> tuple[Problem | Fault, ...]:
    return (*problems(database), *faults(database, moment))


def _identity(database: Database, problem: Problem | Fault) -> tuple[str, str]:
    # sentences name the state; the same fault in another state is no new one
    return problem.code, problem.sentence.replace(database.state.name, "")
