"""Published sentence encoders: their files checked, an adapter added, written as int8 networks."""
