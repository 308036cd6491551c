"""How a file's rows are taken: found under their headers, judged in chunks, reported in their own cells."""
