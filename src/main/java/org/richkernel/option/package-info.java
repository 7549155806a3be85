/** Options declared once, at the component of the record that holds the value; words as values. */
package org.richkernel.option;
