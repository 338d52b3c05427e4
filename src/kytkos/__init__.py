"""Kytkös: who answers for what in regional cooperation, on which section of which act."""
