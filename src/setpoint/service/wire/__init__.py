"""What goes over the wire: one file per noun. Shapes say what a field means; routes fill them from rows."""
