"""Files of returns, as people have them, to rows of text: CSV, TSV, XLSX, ODS, JSON and NDJSON through one door."""
