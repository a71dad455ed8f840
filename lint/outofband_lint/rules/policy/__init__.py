"""Rules of taste: all of them have to be asked for."""
