"""What a researcher would write without this project; run by the peers' interpreter."""
