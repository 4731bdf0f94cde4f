"""A mirror: a verified copy of a channel's release in a directory, and how clients answer from it (SPEC.md section 14).

directory    the files of a mirror, its lock, and the switch to another release
ranges       files from a host, in parts that a killed sync resumes
sync         one sync
metrics      what is told to a monitoring system
source       what clients read of a mirror
mirror       `Mirror`, the public class
"""
