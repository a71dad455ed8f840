SELECT mode FROM lsif_mode
