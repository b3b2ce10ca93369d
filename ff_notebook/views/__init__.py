"""What commands answer: objects that show themselves as text, as HTML, and in a live front end as a widget."""
