"""What one caller may take: elements, requests, bytes, time."""
