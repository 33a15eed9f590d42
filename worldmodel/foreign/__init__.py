"""World models that other people trained, with stable-worldmodel or in its protocol."""
