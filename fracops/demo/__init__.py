"""The demonstration practice: an invented story, told by a seeded generator and sent through the same door as real data."""
