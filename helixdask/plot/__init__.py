"""Pictures of a region: genes, labels, predictions, coverage and other tracks below each other.

Nothing is told by colour alone. What lies on the plus strand is drawn above the line of a lane, what lies on the minus
strand below it; classes differ in their height, in how dark they are, and in their hatching.
"""
