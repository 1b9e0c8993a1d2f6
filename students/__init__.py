"""People, clients, programmes, contracts, groups, enrolments."""
