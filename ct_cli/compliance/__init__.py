"""So what: obligations, the risk of a penalty, evidence."""
