"""The engine that pulls sources: what to read next, who may read it, what is stored with which progress, and what failure means."""
