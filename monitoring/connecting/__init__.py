"""What every connector is made of: its contract, the guarded client it asks with, paginators, errors, and readers of what comes back."""
