"""Types, errors and checks shared by all packages; imports nothing else of hybrid."""
