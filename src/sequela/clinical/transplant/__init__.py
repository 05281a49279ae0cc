"""What haematology knows of transplants: conditioning, HLA, prophylaxis, engraftment, GVHD."""
