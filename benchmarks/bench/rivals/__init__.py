"""Scripts for the same work without this project; run by the peers' interpreter."""
