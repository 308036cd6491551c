"""One verb a file: values in, a frozen answer out; what verbs of a kind share is in folders."""
