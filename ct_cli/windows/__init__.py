"""When: months, reporting windows, working days and bank holidays."""
