// What yosys must refuse.
module wrong(input a, output b);
  assign b = a +;
endmodule
