"""Every rule across items, in the order in which its findings are told."""

from ct_cli.returns.rules import beds, people, staff
from ct_cli.returns.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    beds.beds_over_capacity,
    people.absent_over_employed,
    beds.beds_unaccounted,
    beds.capacity_differs_from_cqc,
    staff.agency_equals_employed,
    staff.role_very_large,
    staff.agency_very_large,
    staff.staff_total_very_large,
    staff.staff_per_bed_unusual,
    staff.staff_unchanged_long,
    people.home_care_size_unusual,
    people.large_jump,
    people.people_split_differs,
    beds.bed_types_differ,
)
"""The rules of a return with values in it."""

NIL_RULES: tuple[Rule, ...] = (people.nil_after_people,)
"""The rules of a nil return."""
