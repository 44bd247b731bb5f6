"""The scenes of a run applied to a target together, awaited, and removed again."""
