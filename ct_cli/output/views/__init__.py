"""Each answer as a page: one file a verb, named as its action is."""
