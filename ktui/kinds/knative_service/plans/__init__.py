"""What can be done to a Knative Service: its traffic, and its template. All of it goes to the Service itself.

What is changed in its Route and Configuration is taken back by their controllers, and an image that is changed in a
Deployment stays, unseen.
"""
