"""Words of the ground floor's templates."""
