"""What `ct doctor` looks at: this machine, and the server it speaks to."""
