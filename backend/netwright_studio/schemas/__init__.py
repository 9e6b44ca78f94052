"""What goes over the wire: one file per resource, with Create, Update and Public models."""
