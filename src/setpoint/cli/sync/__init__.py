"""The commands of the product whose clients we serve, under their own names."""
