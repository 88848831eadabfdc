"""What a person sees: theme, figures, widgets, and one view a dashboard."""
