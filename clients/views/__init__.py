"""The ground floor's pages, a noun in each module."""
