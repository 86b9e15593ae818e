"""What tests share: real servers, databases and virtual hosts of one's own, and waiting."""
