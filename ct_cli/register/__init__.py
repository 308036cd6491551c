"""Who: locations, their services, the people who update Capacity Tracker for them, support contacts."""
