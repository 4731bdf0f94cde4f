"""Re-screening: which of a platform's users are in a release, by a join on the platform's own machines.

Each number is evaluated once an epoch. From then on a join of two tables under a local key answers for all users, after
each publish, without one request: the join table of the users, and that of a mirror's snapshot.

    from pilookup.screening import EvaluatorJob, LocalKey, Screening

    LocalKey.make("screen.key")                     # once
    job = EvaluatorJob("https://pilookup.example.org", "trust-platform.json", "screen.key", "mirror", token=token)
    outcome = Screening("screening", job).run("users.parquet")

Needs the extra `screen` (numpy, pyarrow). `screen` is the same for a stream of Arrow batches, such as Spark's.

- `user_table`, `rows`: reading users. `local_key`, `join_keys`, `token_file`: what is written of them.
- `evaluator`, `pace`: evaluations. `snapshots`, `matching`, `results`: joins with a mirror, and what has changed.
- `user_changes`: that, read as answers for a policy.
- `screening`: all of it on one machine. `arrow_batches`, `candidates`: for a join in a warehouse.
- `directory`, `tables`, `label_columns`, `known_rows`, `rejects`: files, columns and sets.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilookup.screening.arrow_batches import screen
    from pilookup.screening.candidates import open_candidates, release_table
    from pilookup.screening.evaluator import EvaluatorJob
    from pilookup.screening.local_key import LocalKey
    from pilookup.screening.screening import Screening, ScreenOutcome
    from pilookup.screening.user_changes import UserChange, read_result

__all__ = [
    "EvaluatorJob",
    "LocalKey",
    "ScreenOutcome",
    "Screening",
    "UserChange",
    "open_candidates",
    "read_result",
    "release_table",
    "screen",
]

_MODULES = {
    "EvaluatorJob": "pilookup.screening.evaluator",
    "LocalKey": "pilookup.screening.local_key",
    "ScreenOutcome": "pilookup.screening.screening",
    "Screening": "pilookup.screening.screening",
    "UserChange": "pilookup.screening.user_changes",
    "open_candidates": "pilookup.screening.candidates",
    "read_result": "pilookup.screening.user_changes",
    "release_table": "pilookup.screening.candidates",
    "screen": "pilookup.screening.arrow_batches",
}


if not TYPE_CHECKING:  # a type checker would accept every other name as Any

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used.

        Raises:
            AttributeError: there is no such name.
            MissingExtraError: the extra `screen` is not installed.
        """
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - not needed where no name is used

        try:
            module = import_module(_MODULES[name])
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "pilookup":
                raise
            from pilookup.errors import MissingExtraError  # noqa: PLC0415

            raise MissingExtraError(
                f"screening needs an extra ({error.name}): pip install 'pilookup[screen]'"
            ) from error
        return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
