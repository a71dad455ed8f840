"""The five ``lsif_data_*`` tables: what is in their rows and how they are asked."""
