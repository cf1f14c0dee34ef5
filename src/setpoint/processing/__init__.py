"""What is done with what clients brought: kinds of task, and who does them."""
