"""All that a client owns as one zip, written from the database and read back into another installation."""
