"""The HTTP API's paths, for the server and for its client. All are below the server's own address.

| method and path | what is sent → what is answered |
|---|---|
| GET  /v1/about | → {"version", "api", "now", "key_id", "key_name", "role", "belongs_to", "expires_at"} |
| GET  /v1/windows?first&last, /v1/windows/{month} | → windows |
| GET  /v1/obligations?status&month&location_id&provider_id&local_authority&limit&cursor | → {"items", "next"} |
| POST /v1/returns?dry_run&outside_window | a return as given → a result (201 new, 200 there before, 409, 412, 422) |
| POST /v1/returns/batch?dry_run&outside_window&atomic | NDJSON or JSON → NDJSON, a result a row, then a summary |
| GET  /v1/returns/{location}/{service}/{month}?survey | → the entry that stands, with its ETag |
| PUT  /v1/returns/{location}/{service}/{month} | the same as POST, with If-Match: a correction of that version |
| GET  /v1/returns/{location}/{service}/{month}/history | → {"items": entries}, that month's, oldest first |
| GET  /v1/receipts/{receipt} | → the entry; 6 to 16 digits |
| GET  /v1/locations?provider&local_authority&region&service&closed&limit&cursor | → locations |
| GET  /v1/locations/{location} | → a location |
| PUT  /v1/locations/{location} | a location → itself |
| GET  /v1/users?location_id&limit&cursor | → users |
| PUT  /v1/users | {"items": users} → {"saved": n} |
| GET  /v1/vacancies?bed_type&local_authority&region&provider&service&open&limit&cursor | → {"items", "next"} |
| GET  /v1/reports/compliance?local_authority&provider&region&first&last&public&every_row&must_be_seen | → a report |
| POST /v1/users/removal | {"email", "location_id"} → {"removed": n} |

What another ct asks for, so that every command runs over this API. Each takes a JSON object by POST (a scope may name
thousands of locations), changes nothing, and is answered with NDJSON, a value a line in its form of `wire`, closed by
the line {"end": N} with the number of values before it: an answer without that line was cut off.

| path | the object | a line |
|---|---|---|
| /v1/query/locations | {"scope"} | Location |
| /v1/query/users | {"scope"} | User |
| /v1/query/sightings | {"scope"} | Sighting |
| /v1/query/latest | {"scope", "before", "survey"} | Entry |
| /v1/query/versions | {"location_ids", "service", "month", "survey"} | Entry |
| /v1/query/recent | {"scope"} | Recent |
| /v1/query/history | {"location_id", "service"} | Entry |
| /v1/query/returns-before | {"location_ids", "service", "before", "rehearsals"} | {"location_id", "last": LastReturn} |
| /v1/query/receipts | {"beginning"} | Entry |
| /v1/query/fulfilments | {"scope", "first", "last"} | Fulfilment |
| /v1/query/months-fulfilled | {"scope", "first", "last", "counting"} | {"location_id", "service", "months": bits} |
| /v1/query/walk | {"location_id"} | Entry, or {"damaged": Damaged} |
| /v1/query/chain-ends | {"location_id"} | ChainEnd |
| /v1/query/verification | {"location_id"} | what walk tells, then {"chain_end": ChainEnd}: all as at one moment |

And what another ct writes, each in one transaction:

| path | the object | answered with |
|---|---|---|
| POST /v1/ledger/locations?conditional | NDJSON of Location | {"saved": n}; admin |
| POST /v1/ledger/sightings | NDJSON of Sighting | {"saved": n}; admin |
| POST /v1/ledger/record?atomic | NDJSON of Submission | NDJSON of Outcome, then {"end": N} |

`POST /v1/ledger/record?atomic=true` records all of the lines or, where this register does not take one of them,
nothing: the outcomes of the others are then `held-back`.

Locations, and the users of a location, have an ETag. With `If-Match` a write of them is done only where one of the
ETags named is that of what stands when it is written (else 412, which names in `changed` the locations that changed).
`PUT /v1/users` is about the users of several locations and takes all of their ETags. With
`POST /v1/ledger/locations?conditional=true` each line is {"location", "if_match": versions}: an ETag is a version in
quotation marks, and one that nobody has told is that of what is not there (`ct_cli.register.versions`).

With `Prefer: return=minimal`, of a full monthly return that was accepted as it was sent, as the first of its month, the
line may be {"kind": "accepted", "receipt_id"} in place of an Outcome: its entry says what was sent, whether it fulfils
and whether it is a rehearsal too.

`/v1/ledger/record` runs every submission that this register would have to vouch for through the same rules as
`/v1/returns`, with the server's own time of receipt, and answers `refused` with the problems where they say no. Only an
admin's submissions that were seen in Capacity Tracker's export are taken with the times that they tell and, on a server
that is told so for the day on which a register is moved to it (`ct serve --accept-history`), all of an admin's. At most
10,000 lines; of locations and of sightings, 100,000.
"""

from typing import Final

API: Final = "1"
"""The version of the API, as `/v1/about` tells it. A client refuses a higher one."""

ABOUT: Final = "/v1/about"
WINDOWS: Final = "/v1/windows"
OBLIGATIONS: Final = "/v1/obligations"
RETURNS: Final = "/v1/returns"
BATCH: Final = "/v1/returns/batch"
RECEIPTS: Final = "/v1/receipts"
LOCATIONS: Final = "/v1/locations"
USERS: Final = "/v1/users"
USERS_REMOVAL: Final = "/v1/users/removal"
VACANCIES: Final = "/v1/vacancies"
REPORTS: Final = "/v1/reports"
COMPLIANCE: Final = "/v1/reports/compliance"
QUERY: Final = "/v1/query"
LEDGER_LOCATIONS: Final = "/v1/ledger/locations"
LEDGER_SIGHTINGS: Final = "/v1/ledger/sightings"
LEDGER_RECORD: Final = "/v1/ledger/record"

MOST_TOGETHER: Final = 10_000
"""Returns that a server takes in one transaction."""
MOST_REGISTERED: Final = 100_000
"""Locations, or sightings, that it takes in one: the whole country's are some 31,000."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Bytes of a body of NDJSON."""
MOST_JSON_BYTES: Final = 65_536
"""Bytes of a body of JSON, save where thousands may be named in it."""

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
"""1 to 128 visible ASCII characters, sent with every write; kept for a day."""
IF_MATCH: Final = "If-Match"
"""With a write of a location, or of users: ETags, of which one must be that of what stands (RFC 9110)."""
PREFER: Final = "Prefer"
MINIMAL: Final = "return=minimal"
"""What `Prefer` may ask for: no more of what was accepted than who sent it does not know."""
REQUEST_ID: Final = "X-Request-Id"
"""In every answer and in the server's log; one that is sent is used where it is 1 to 64 letters, digits and dashes."""
PROBLEM_JSON: Final = "application/problem+json"
NDJSON: Final = "application/x-ndjson"
