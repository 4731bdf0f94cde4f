import inspect
import pickle
import re

import pytest

from pilookup import errors

ERRORS = {name: kind for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}


def drawn():
    """The tree at the top of errors.py, as a dict from each error to its base classes."""
    above, parents = {}, {}
    for line in errors.__doc__.splitlines():
        if found := re.match(r"^( {4}[│├└─ ]*)(\w+Error)\b", line):
            depth, name = len(found[1]), found[2]
            above = {at: one for at, one in above.items() if at < depth}
            also = re.findall(r"; an? (\w+Error) too", line)
            parents[name] = {above[max(above)], *also} if above else {"Exception"}
            above[depth] = name
    return parents


def test_the_drawn_tree_is_the_real_one():
    real = {kind.__name__: {base.__name__ for base in kind.__bases__} - {"ValueError"} for kind in ERRORS.values()}
    assert drawn() == real


def test_missing_part_error_is_an_alias_of_missing_extra_error():
    assert errors.MissingPartError is errors.MissingExtraError


@pytest.mark.parametrize(
    "error",
    [
        errors.FormatError("epoch: not an integer"),
        errors.IntakeError("a.csv", "empty"),
        errors.PasswordRequiredError("a.zip", "is encrypted"),
        errors.TrustError("stale", "expired"),
        errors.MissingExtraError("needs the extra `load`"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_can_be_pickled(error):
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
