"""Project and ground floor of KVS: accounts, access, data catalogue, sealed fields, audit, jobs, embedded services."""
