;; A module without memory, table or import.
(module (func (export "_start")))
