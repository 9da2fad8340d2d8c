// A pedestrian crossing for an iCE40 HX1K: red, amber, green by a timer, a button that asks for red, a lamp that fades.
module crossing #(parameter WIDTH = 20) (
  input clk, input button,
  output reg [2:0] light, output lamp
);
  localparam RED = 3'b100, AMBER = 3'b010, GREEN = 3'b001;
  reg [WIDTH-1:0] timer = 0;
  reg asked = 0;

  // The timer fades the lamp: its high bits are the duty cycle, its low bits the phase.
  assign lamp = timer[WIDTH-9 -: 8] < timer[WIDTH-1 -: 8];

  initial light = RED;
  always @(posedge clk) begin
    timer <= timer + 1;
    if (button) asked <= 1;
    if (&timer)
      case (light)
        RED: light <= GREEN;
        GREEN: if (asked) begin light <= AMBER; asked <= 0; end
        default: light <= RED;
      endcase
  end
endmodule
