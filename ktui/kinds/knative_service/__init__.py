"""Knative Services (serving.knative.dev): the rules are those of the controllers of knative/serving."""
