"""What screens are drawn with: glyphs, lines, widgets, the header and the footer."""
