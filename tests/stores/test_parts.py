"""What is sent to a server, in parts that it takes."""

from hypothesis import given
from hypothesis import strategies as st

from ct_cli.stores.parts import in_parts

LINES = st.lists(st.binary(max_size=40).map(lambda it: it.replace(b"\n", b"") + b"\n"))


@given(LINES, st.integers(1, 5), st.integers(1, 60))
def test_every_line_is_in_one_part_and_no_part_is_larger_than_is_taken(
    lines: list[bytes], most: int, size: int
) -> None:
    parts = list(in_parts(lines, most, size, "key"))
    assert b"".join(part.body for part in parts) == b"".join(lines)
    assert [part.first for part in parts] == [sum(it.count for it in parts[:at]) for at in range(len(parts))]
    assert all(1 <= part.count <= most for part in parts)
    assert all(len(part.body) <= size or part.count == 1 for part in parts)
    assert len({part.key for part in parts}) == len(parts)
    assert not parts or parts[0].key == "key"
    assert list(in_parts(lines, most, size, "key")) == parts
