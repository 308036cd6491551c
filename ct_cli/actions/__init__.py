"""One verb a file: values in, a frozen answer out."""
