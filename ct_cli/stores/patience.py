"""How long PostgreSQL is waited for, in seconds."""

CONNECT_SECONDS = 5
SILENT_SECONDS = 3.0
"""After so long without an answer it is asked whether the database is there, and then again and again."""
STATEMENT_SECONDS = 30
"""Longest that one statement of a write may take; PostgreSQL holds it to that."""
ROWS_SECONDS = 300
"""Longest that the rows of one COPY may take: they come as fast as the line is."""
READ_SECONDS = 600.0
"""Longest that some reading may wait for a part of its answer."""
SOON_SECONDS = 10.0
"""Longest that what should be answered at once may take."""
UNHEARD_SECONDS = 3.0
"""After so long it is asked whether the question was heard at all."""
LONG_UNHEARD_SECONDS = 60.0
"""The same where the question names thousands, and is on its way for a while on a slow line."""
