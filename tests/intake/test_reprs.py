"""What holds numbers or cells shows only how many, so that no log or traceback can repeat them."""

from pilookup.custody.intake.rows.packed import PackedBytes, PackedNumbers
from pilookup.custody.load.split_task import SplitOutcome


def test_packed_numbers_and_outcomes_show_their_number_only():
    numbers = PackedBytes.of([b"tel:+8613800138000", b"tel:+8613900139000"])
    assert repr(numbers) == "<2 items>"
    assert repr(PackedNumbers(numbers, bytes(12), bytes(6), None)) == "<3 numbers>"
    assert "138" not in repr(SplitOutcome("load", 4, rejected_cells="13800138000"))
